import { execFileSync } from 'node:child_process';

/** What Mosquitto's own C client costs: an outside reference, not a peer, for it is another language. */
export interface MosquittoReference {
  readonly title: string;
  /** µs a message. */
  readonly cpu: number;
  readonly rate: number;
}

const COUNT = 200_000;
const LINE = 'x'.repeat(64);

/** Publishes lines with `mosquitto_pub`, and receives what another one publishes with `mosquitto_sub`; none if missing. */
export function mosquittoClients(port: number): MosquittoReference[] {
  const lines = `yes ${LINE} | head -n ${COUNT}`;
  const publish = (qos: number) => `mosquitto_pub -p ${port} -q ${qos} -t bench/c -l`;
  try {
    return [0, 1, 2].flatMap((qos) => [
      reference(`mosquitto_pub QoS ${qos}`, `${lines} > /tmp/bench-lines; time ${publish(qos)} < /tmp/bench-lines`),
      reference(
        `mosquitto_sub QoS ${qos}`,
        `(sleep 0.5; ${publish(qos)} < /tmp/bench-lines) & time mosquitto_sub -p ${port} -q ${qos} -t bench/c -C ${COUNT} > /dev/null; wait`,
      ),
    ]);
  } catch {
    return [];
  }
}

function reference(title: string, script: string): MosquittoReference {
  const report = execFileSync('bash', ['-c', `TIMEFORMAT='%U %S %R'; { ${script}; } 2>&1`], { encoding: 'utf8' });
  const [user = NaN, system = NaN, real = NaN] = report.trim().split('\n').at(-1)!.split(' ').map(Number);
  return { title, cpu: ((user + system) * 1e6) / COUNT, rate: COUNT / real };
}
