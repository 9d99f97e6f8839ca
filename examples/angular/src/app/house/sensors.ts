/** How the readings of a sensor are shown. */
export interface Sensor {
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  /** Decimal places. */
  readonly digits: number;
  /** The least span of a chart's vertical axis: noise shall not look like a storm. */
  readonly span: number;
}

export const TEMPERATURE: Sensor = { name: 'temperature', label: 'Temperature', unit: '°C', digits: 1, span: 1 };

/** The sensors that the house is known to have. What others say is not shown. */
export const SENSORS: readonly Sensor[] = [
  TEMPERATURE,
  { name: 'humidity', label: 'Humidity', unit: '%', digits: 0, span: 10 },
  { name: 'co2', label: 'CO₂', unit: 'ppm', digits: 0, span: 200 },
];
