import { randomBytes } from 'node:crypto'
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads'

const NAME = 'backbeat.process-secret'

/**
 * A secret that this process and the threads that it starts from now on share, and that ends with
 * it: for records that are kept in memory.
 */
export function processSecret(): string {
  const known = getEnvironmentData(NAME)
  if (typeof known === 'string') return known
  const secret = randomBytes(32).toString('base64url')
  setEnvironmentData(NAME, secret)
  return secret
}
