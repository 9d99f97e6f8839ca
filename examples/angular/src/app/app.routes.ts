import type { Routes } from '@angular/router';
import { Overview } from './overview/overview';

export const routes: Routes = [
  { path: '', pathMatch: 'full', title: 'Rooms · House', component: Overview },
  {
    path: 'rooms/:room',
    title: ({ params }) => `${String(params['room'])} · House`,
    loadComponent: async () => (await import('./room/room-page')).RoomPage,
  },
  {
    path: 'settings',
    title: 'Settings · House',
    loadComponent: async () => (await import('./settings/settings')).Settings,
  },
  { path: '**', redirectTo: '' },
];
