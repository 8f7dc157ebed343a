import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

const SECRET_BYTES = 32
const TOKEN = /^bb_([0-9a-f]{64})_([0-9a-f]{8})$/

/**
 * A new API token: `bb_`, 256 random bits and a checksum, so that scanners for leaked secrets know
 * one when they see it, and a mistyped one is refused without asking the store.
 */
export function newToken(): string {
  const secret = randomBytes(SECRET_BYTES).toString('hex')
  return `bb_${secret}_${checksumOf(secret)}`
}

/** Whether a text has the form of an API token. */
export function isToken(text: string): boolean {
  const [, secret, checksum] = TOKEN.exec(text) ?? []
  return secret !== undefined && checksum === checksumOf(secret)
}

/** A new session's secret. */
export function newSessionSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}

/** What is stored of a secret. Secrets are random and long, so one round of SHA-256 is enough. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

function checksumOf(secret: string): string {
  return crc32(secret).toString(16).padStart(8, '0')
}
