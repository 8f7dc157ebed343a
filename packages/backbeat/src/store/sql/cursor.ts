import { BackbeatError } from '../../errors.ts'
import type { Page } from '../store.ts'

type Position = readonly (string | number)[]

/** Where a page ended, as a text that callers need not understand. */
export function encodeCursor(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

/**
 * The position that a cursor stands for.
 *
 * @param kinds the types of the position's parts, in their order
 * @throws BackbeatError `invalid_cursor`
 */
export function decodeCursor<const Kinds extends readonly ('string' | 'number')[]>(
  cursor: string,
  kinds: Kinds,
): { [Index in keyof Kinds]: Kinds[Index] extends 'string' ? string : number } {
  const position = parse(cursor)
  if (
    !Array.isArray(position) ||
    position.length !== kinds.length ||
    kinds.some((kind, index) => !isOfKind(position[index], kind))
  ) {
    throw invalidCursor()
  }
  return position as never
}

export function invalidCursor(): BackbeatError {
  return new BackbeatError(
    'invalid_cursor',
    'The cursor is not one that this list gave. Pass the next_cursor of the page before unchanged, or leave it out.',
    { status: 422 },
  )
}

/** Every number that is sorted by is a whole one. */
function isOfKind(part: unknown, kind: 'string' | 'number'): boolean {
  return kind === 'number' ? Number.isSafeInteger(part) : typeof part === kind
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return undefined
  }
}

/**
 * A page of rows that were read with one row more than the limit, to see whether a page follows.
 *
 * @param positionOf a row's place in the order of the list
 */
export function pageOf<Row, Entry>(
  rows: readonly Row[],
  limit: number,
  entryOf: (row: Row) => Entry,
  positionOf: (row: Row) => Position,
): Page<Entry> {
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return {
    entries: rows.slice(0, limit).map(entryOf),
    nextCursor: last ? encodeCursor(positionOf(last)) : null,
  }
}
