import { validate } from 'uuid'
import { UnknownJobError } from '../../errors.ts'

/** An id that some store could have given. @throws UnknownJobError where it cannot be one */
export function knownJobId(text: string): string {
  if (!validate(text)) throw new UnknownJobError(text)
  return text.toLowerCase()
}
