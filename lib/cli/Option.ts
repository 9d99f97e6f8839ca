/** An option of the command line, as `--help` shows it. */
export interface Option {
  /** Without the dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** What stands for its value in the help. Left out: it takes none. */
  readonly value?: string;
  /** Whether it may be given more than once. Default `false`. */
  readonly isRepeatable?: boolean;
  readonly help: string;
}

/** Options that belong together, under a title in the help. */
export interface OptionGroup {
  readonly title: string;
  readonly options: readonly Option[];
}
