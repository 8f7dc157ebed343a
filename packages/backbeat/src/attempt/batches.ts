import { BackbeatError } from '../errors.ts'
import type { ItemSource } from '../task/context.ts'

const MAX_KEY_LENGTH = 500

/** An item that may have to be worked on. */
export interface Candidate<T> {
  item: T
  key: string
  position: number
}

/**
 * Reads a source in batches, each item with its key and its place.
 *
 * @throws BackbeatError `invalid_item_key`
 */
export async function* inBatches<T>(
  source: ItemSource<T>,
  size: number,
  keyOf: (item: T, position: number) => string,
): AsyncGenerator<Candidate<T>[]> {
  let batch: Candidate<T>[] = []
  let position = 0
  const candidate = (item: T): Candidate<T> => {
    const key = keyOf(item, position)
    if (typeof key !== 'string' || key === '' || key.length > MAX_KEY_LENGTH) throw invalidKey(key, position)
    return { item, key, position: position++ }
  }
  if (Symbol.asyncIterator in source) {
    for await (const item of source) {
      if (batch.push(candidate(item)) < size) continue
      yield batch
      batch = []
    }
  } else {
    for (const item of source) {
      if (batch.push(candidate(item)) < size) continue
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

function invalidKey(key: unknown, position: number): BackbeatError {
  const shown = typeof key === 'string' ? `a text of ${key.length} characters` : String(key)
  return new BackbeatError(
    'invalid_item_key',
    `The key of the item at position ${position} is ${shown}. Return a text of 1 to ${MAX_KEY_LENGTH} characters that names the item.`,
  )
}
