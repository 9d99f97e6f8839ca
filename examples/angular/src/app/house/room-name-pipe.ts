import { Pipe, type PipeTransform } from '@angular/core';

/** What people call a room: `living-room` is the living room. */
@Pipe({ name: 'roomName' })
export class RoomNamePipe implements PipeTransform {
  transform(room: string): string {
    const words = room.replaceAll('-', ' ');
    return words.charAt(0).toUpperCase() + words.slice(1);
  }
}
