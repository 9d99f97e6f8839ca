import { expect } from 'chai';
import { firstValueFrom } from 'rxjs';
import { instrument } from '../../lib/otel.js';
import { brokerStage } from '../support/brokerStage.js';
import { granted } from '../support/granted.js';
import { record } from '../support/record.js';
import { telemetryStage } from '../support/telemetry.js';

for (const protocolVersion of [4, 5, 'auto'] as const) {
  describe(`an instrumented client at Mosquitto, protocolVersion: ${protocolVersion}`, function () {
    this.timeout(20_000);
    const on = brokerStage();
    const sdk = telemetryStage();

    it('should have a publish and its consumer in one trace where there are user properties', async () => {
      const broker = await on.mosquitto();
      const client = (clientId: string) => instrument(on.client(broker.url, { clientId, protocolVersion }));
      const [house, dashboard] = [client('house'), client('dashboard')];
      const received = record(dashboard.topic$('house/+room/temp', { qos: 1 }));
      await granted(dashboard, 'house/+/temp');
      await firstValueFrom(house.publish('house/attic/temp', '21', { qos: 1 })); // the first thing that it does
      await received.first(1);
      const [sent, processed] = ['send', 'process house/+room/temp'].map((name) =>
        sdk.spans().find((span) => span.name === name)!,
      );
      const isOneTrace = sent!.spanContext().traceId === processed!.spanContext().traceId;
      expect(isOneTrace).to.equal(protocolVersion !== 4);
      expect(processed!.parentSpanContext?.spanId).to.equal(isOneTrace ? sent!.spanContext().spanId : undefined);
      const { port } = new URL(broker.url);
      for (const { attributes } of [sent!, processed!]) {
        expect(attributes).to.include({ 'server.address': '127.0.0.1', 'server.port': Number(port) });
      }
    });
  });
}
