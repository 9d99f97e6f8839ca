import { RenderMode, type ServerRoute } from '@angular/ssr';

/** What is rendered by the build, and what at each request: the rooms, which nobody knows before they are asked for. */
export const serverRoutes: ServerRoute[] = [
  { path: '', renderMode: RenderMode.Prerender },
  { path: 'settings', renderMode: RenderMode.Prerender },
  { path: '**', renderMode: RenderMode.Server },
];
