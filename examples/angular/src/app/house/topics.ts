// What the house says, and what is said to it. The program that plays the house imports this file as well.
import { json, text, topic } from 'tortoise-rx';
import * as v from 'valibot';

/** What a sensor measured, and when, in milliseconds since 1970. */
export const Reading = v.object({ value: v.pipe(v.number(), v.finite()), at: v.number() });
export type Reading = v.InferOutput<typeof Reading>;

/** How warm a room shall be, and who wants it so. */
export const Target = v.object({
  celsius: v.pipe(
    v.number(),
    v.minValue(5, 'a room can be heated to 5 °C at least'),
    v.maxValue(30, 'a room can be heated to 30 °C at most'),
  ),
  by: v.string(),
});
export type Target = v.InferOutput<typeof Target>;

// docs: topics
/** Readings, the newest of each kept by the broker for who comes later. */
export const reading = topic('house/+room/+sensor', { payload: json(Reading), qos: 1, retain: true });

/** What a thermostat is asked to do. */
export const wish = topic('house/+room/thermostat/set', { payload: json(Target), qos: 1 });

/** What a thermostat does. */
export const target = topic('house/+room/thermostat/target', { payload: json(Target), qos: 1, retain: true });
// docs: end

/** What the hub of a room says about itself. */
export const hub = topic('house/+room/hub/status', { payload: text(), qos: 1, retain: true });
