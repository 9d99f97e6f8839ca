/** A colour of page.css, by its name there without the dashes: what is drawn on a canvas has to follow the theme as well. */
export type Colours = (name: string) => string;

/** The colours of the theme that is in force. They are read once, and once more when the theme changes. */
export function themeColours(onChange: () => void): Colours {
  const known = new Map<string, string>();
  const style = getComputedStyle(document.documentElement);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    known.clear();
    onChange();
  });
  return (name) => {
    let colour = known.get(name);
    if (colour === undefined) known.set(name, (colour = style.getPropertyValue(`--${name}`).trim()));
    return colour;
  };
}
