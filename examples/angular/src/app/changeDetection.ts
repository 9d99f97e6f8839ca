import type { EnvironmentProviders } from '@angular/core';

/** How Angular learns of changes: from signals alone. The configuration `zone` has another file in place of this one. */
export const changeDetection: EnvironmentProviders[] = [];
