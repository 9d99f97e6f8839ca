/** The last readings of each room. */
export class Readings {
  private readonly all = new Map<string, number[]>();

  add(room: string, celsius: number): void {
    this.all.set(room, [...(this.all.get(room) ?? []), celsius].slice(-10));
  }

  mean(room: string): number | undefined {
    const readings = this.all.get(room);
    return readings && readings.reduce((sum, celsius) => sum + celsius) / readings.length;
  }
}
