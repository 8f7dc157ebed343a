import { decodeCursor, invalidCursor } from './cursor.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Nothing is left behind it. */
export const END = ''

/**
 * How far a list has been read, by the id of the oldest job that was looked at; `undefined` before the
 * first, {@link END} behind the last. Jobs that an index finds may be read further than the others.
 */
export interface Positions {
  indexed: string | undefined
  walked: string | undefined
}

/** Where nothing has been read. */
export const BEGINNING: Positions = { indexed: undefined, walked: undefined }

/** @throws BackbeatError `invalid_cursor` */
export function positionsOf(cursor: string | undefined): Positions {
  if (cursor === undefined) return BEGINNING
  const [indexed, walked] = parts(cursor)
  for (const id of [indexed, walked]) if (id !== END && !UUID.test(id)) throw invalidCursor()
  return { indexed, walked }
}

/** What a cursor says of the positions. */
export function placeOf({ indexed = END, walked = END }: Positions): readonly string[] {
  return indexed === walked ? [walked] : [indexed, walked]
}

/** The newer of two positions. */
export function newer(one: string | undefined, other: string | undefined): string | undefined {
  return one === undefined || other === undefined ? undefined : one > other ? one : other
}

/** The older of two positions. */
export function older(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined) return other
  if (other === undefined) return one
  return one < other ? one : other
}

function parts(cursor: string): [string, string] {
  try {
    const [id] = decodeCursor(cursor, ['string'])
    if (id === END) throw invalidCursor()
    return [id, id]
  } catch {
    return decodeCursor(cursor, ['string', 'string']) as [string, string]
  }
}
