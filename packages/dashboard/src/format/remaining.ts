/** Earlier than this the rate says little, in milliseconds. */
const SETTLED_MS = 2000

interface HowFar {
  progress_percent: number
  processed_items: number
  total_items: number
}

/** How long the rest takes at the rate so far, in milliseconds; `null` while that is not known. */
export function remainingMs(
  { progress_percent, processed_items, total_items }: HowFar,
  startedAt: number,
  now: number,
): number | null {
  const share = total_items > 0 ? processed_items / total_items : progress_percent / 100
  const spent = now - startedAt
  return share <= 0 || share >= 1 || spent < SETTLED_MS ? null : (spent / share) * (1 - share)
}
