import { BackbeatError } from './errors.ts'

const UNIT_BYTES = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 }

type Unit = keyof typeof UNIT_BYTES

/** An amount of memory: bytes, or a number with a unit, such as `'512mb'` or `'1.5gb'`. */
export type ByteSize = number | `${number}${Unit}`

/**
 * An amount of memory in bytes.
 *
 * @param name what the amount is for, named in the error
 * @throws BackbeatError `invalid_byte_size` where it is not positive, not finite or has no known unit
 * @example toBytes('512mb') // 536870912
 */
export function toBytes(size: ByteSize, name: string): number {
  const match = typeof size === 'string' ? /^(\d+(?:\.\d+)?)(kb|mb|gb)$/.exec(size) : null
  const bytes = match ? Number(match[1]) * UNIT_BYTES[match[2] as Unit] : size
  if (typeof bytes !== 'number' || !Number.isFinite(bytes) || bytes < 1) {
    throw new BackbeatError(
      'invalid_byte_size',
      `${name} is ${JSON.stringify(size)}. Give bytes as a number, or a number with kb, mb or gb, such as '512mb'.`,
    )
  }
  return Math.round(bytes)
}
