import { type EnvironmentProviders, provideZoneChangeDetection } from '@angular/core';

/** How Angular learns of changes: from zone.js as well. */
export const changeDetection: EnvironmentProviders[] = [provideZoneChangeDetection({ eventCoalescing: true })];
