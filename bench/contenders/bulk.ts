/**
 * Enqueues `count` jobs in calls of `size`, with `inFlight` calls under way at the same time.
 *
 * @param insert stores so many jobs in one call
 */
export async function inBulk(
  count: number,
  { size, inFlight }: { size: number; inFlight: number },
  insert: (count: number) => Promise<unknown>,
): Promise<void> {
  let left = count
  const lane = async () => {
    while (left > 0) {
      const taken = Math.min(size, left)
      left -= taken
      await insert(taken)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
}

/** `count` times the same value. */
export function times<T>(count: number, value: T): T[] {
  return new Array<T>(count).fill(value)
}
