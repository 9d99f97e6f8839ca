/** The clients of a page. */
export const NAMES = ['house', 'dashboard', 'worker'] as const;
export type Name = (typeof NAMES)[number];
