const COLD = 16;
const WARM = 25;

/** How much of the warm colour a temperature has, and how little of the cold one. */
export function warmth(celsius: number | undefined): string {
  const share = ((celsius ?? 20) - COLD) / (WARM - COLD);
  return `${Math.round(Math.min(1, Math.max(0, share)) * 100)}%`;
}
