import { scale } from './scale';

describe('scale', () => {
  it('should draw time from left to right, and values upwards', () => {
    const { line, end, from, to } = scale(
      [
        { at: 1_000, value: 20 },
        { at: 2_000, value: 22 },
      ],
      4,
    );
    expect(line).toBe('M0.00 75.00L100.00 25.00');
    expect(end).toEqual([100, 25]);
    expect([from, to]).toEqual([1_000, 2_000]);
  });

  it('should draw one reading at the right, in the middle', () => {
    expect(scale([{ at: 1_000, value: 20 }], 2).end).toEqual([100, 50]);
  });

  it('should number the axis by round values', () => {
    const series = [
      { at: 1, value: 412 },
      { at: 2, value: 655 },
    ] as const;
    expect(scale(series, 200).ticks.map(({ value }) => value)).toEqual([400, 600]);
  });
});
