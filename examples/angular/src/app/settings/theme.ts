import { DOCUMENT, Injectable, afterNextRender, inject, signal } from '@angular/core';

const KEY = 'house.theme';

/** The looks that can be chosen; `system` is what the operating system says. */
export const THEMES = ['system', 'light', 'dark'] as const;
export type ThemeName = (typeof THEMES)[number];

/** How the application looks. Styles ask for it by `html[data-theme]`. */
@Injectable({ providedIn: 'root' })
export class Theme {
  readonly #root = inject(DOCUMENT).documentElement;
  readonly #name = signal<ThemeName>('system');
  readonly name = this.#name.asReadonly();

  constructor() {
    afterNextRender(() => this.choose(THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'system'));
  }

  choose(theme: ThemeName): void {
    this.#name.set(theme);
    this.#root.dataset['theme'] = theme;
    localStorage.setItem(KEY, theme);
  }
}
