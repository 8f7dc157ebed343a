import type { Attempt } from 'backbeat/client'

/** A line of one or of both of two texts. */
export interface DiffLine {
  text: string
  /** Whether the other text has it, too. */
  isShared: boolean
}

/** Texts are compared line by line up to so many; what follows counts as different. */
const MAX_LINES = 400

/** The lines of two texts, each with whether the other has it in the same order. */
function diffLines(one: string, other: string): [one: DiffLine[], other: DiffLine[]] {
  const left = one.split('\n')
  const right = other.split('\n')
  const shared = sharedLines(left.slice(0, MAX_LINES), right.slice(0, MAX_LINES))
  return [
    left.map((text, index) => ({ text, isShared: shared.left.has(index) })),
    right.map((text, index) => ({ text, isShared: shared.right.has(index) })),
  ]
}

/** As {@link diffLines}; where one is missing there is nothing to tell apart. */
export function diffTexts(one: string | null, other: string | null): [one: DiffLine[], other: DiffLine[]] {
  if (one !== null && other !== null) return diffLines(one, other)
  const plain = (text: string | null) => (text ?? '–').split('\n').map((line) => ({ text: line, isShared: true }))
  return [plain(one), plain(other)]
}

/** A longest common subsequence, as the places of its lines in both. */
function sharedLines(left: readonly string[], right: readonly string[]) {
  const width = right.length + 1
  const lengths = new Uint16Array((left.length + 1) * width)
  const at = (row: number, column: number) => lengths[row * width + column] ?? 0
  for (let row = left.length - 1; row >= 0; row -= 1) {
    for (let column = right.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        left[row] === right[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1))
    }
  }
  const places = { left: new Set<number>(), right: new Set<number>() }
  for (let row = 0, column = 0; row < left.length && column < right.length; ) {
    if (left[row] === right[column]) {
      places.left.add(row++)
      places.right.add(column++)
    } else if (at(row + 1, column) >= at(row, column + 1)) row += 1
    else column += 1
  }
  return places
}

/** How long an attempt took, or has taken, in milliseconds. */
export function durationOf({ started_at, ended_at }: Attempt, now: number): number {
  return (ended_at === null ? now : Date.parse(ended_at)) - Date.parse(started_at)
}

/** The two that are compared at first: the last ones. */
export function lastTwo(attempts: readonly Attempt[]): [one: number, other: number] {
  const [one, other] = attempts.slice(-2).map(({ ordinal }) => ordinal)
  return [one ?? 0, other ?? one ?? 0]
}
