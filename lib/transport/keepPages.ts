/**
 * The largest block that glibc learns from: 32 MiB with what it adds, and less by a page, for a flag is compared along
 * with the size.
 */
const LESSON = 33_546_240;

let isTaught = false;

/**
 * Has memory stay with the process when payloads are given back, to be used for the next ones.
 *
 * V8 gives payloads back some 32 MiB at a time, and glibc returns them to the kernel at once if they are more than twice
 * the largest block that was ever mapped and given back (mallopt(3), M_MMAP_THRESHOLD). Then every page of the next
 * payload is a fault, and that is half of what receiving one of 1 MiB costs. So one block, the largest that counts, is
 * made and dropped; nobody touches it. The price: up to 64 MiB that are free are not returned. Without glibc this does
 * nothing.
 */
export function keepPages(): void {
  if (!isTaught) Buffer.allocUnsafeSlow(LESSON);
  isTaught = true;
}
