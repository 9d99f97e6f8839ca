/**
 * Whether a topic filter is a shared subscription: `$share/<group>/…`, or EMQX's `$queue/…`. The server sends each message to
 * one of its subscribers, and no retained messages.
 */
export function isShared(filter: string): boolean {
  return filter.startsWith('$share/') || filter.startsWith('$queue/');
}
