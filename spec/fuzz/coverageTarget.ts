import { runDecoderCase } from './runDecoderCase.js';

const VERSIONS = [4, 5, 'auto'] as const;

/** For the coverage-guided engine: the first bytes say how large a packet may be, which version it is, where to cut. */
export function fuzz(data: Uint8Array): void {
  const [limit = 0, version = 0, ...cuts] = data.subarray(0, 5);
  runDecoderCase({
    version: VERSIONS[version % VERSIONS.length]!,
    // A plain Uint8Array, as a transport gives them.
    bytes: new Uint8Array(data.subarray(5)),
    cuts: cuts.length > 0 ? cuts : [1],
    maxPacketSize: limit < 128 ? undefined : limit - 126,
  });
}
