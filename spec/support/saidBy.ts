/** As much of a message as a pattern asks for, for the title of a spec. */
export function saidBy(pattern: RegExp): string {
  return pattern.source.replace('.*', ' … ').replace(/\\(.)/g, '$1');
}
