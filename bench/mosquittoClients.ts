import { execFileSync } from 'node:child_process';

/** What Mosquitto's own C client costs: an outside reference, not a peer, for it is another language. */
export interface MosquittoReference {
  readonly title: string;
  /** µs a message. */
  readonly cpu: number;
  readonly rate: number;
}

const COUNT = 20_000;
const LINES = '/tmp/bench-lines';
/** Seconds that a client may take. */
const PATIENCE = 120;

/**
 * Publishes lines with `mosquitto_pub`, and receives them with `mosquitto_sub`, from a session in which they wait; none if
 * these are missing. The broker must keep messages at QoS 0 for sessions as well.
 */
export function mosquittoClients(port: number): MosquittoReference[] {
  const topic = `-p ${port} -t bench/c`;
  try {
    shell(`yes ${'x'.repeat(64)} | head -n ${COUNT} > ${LINES}`);
    return [0, 1, 2].flatMap((qos) => {
      const session = `mosquitto_sub ${topic} -q ${qos} -c -i bench-${qos}`;
      const publish = `mosquitto_pub ${topic} -q ${qos} -l < ${LINES}`;
      return [
        reference(`mosquitto_pub QoS ${qos}`, `time ${publish}`),
        reference(`mosquitto_sub QoS ${qos}`, `${session} -E && ${publish} && time ${session} -C ${COUNT} > /dev/null`),
      ];
    });
  } catch {
    return [];
  }
}

function reference(title: string, script: string): MosquittoReference {
  const report = shell(`TIMEFORMAT='%U %S %R'; { ${script}; } 2>&1`);
  const [user = NaN, system = NaN, real = NaN] = report.trim().split('\n').at(-1)!.split(' ').map(Number);
  return { title, cpu: ((user + system) * 1e6) / COUNT, rate: COUNT / real };
}

function shell(script: string): string {
  return execFileSync('bash', ['-c', script], { encoding: 'utf8', timeout: PATIENCE * 1_000 });
}
