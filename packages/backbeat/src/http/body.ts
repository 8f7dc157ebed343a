import { BackbeatError } from '../errors.ts'
import type { Json } from '../json.ts'
import { parseJson } from './json-text.ts'

/**
 * The request's JSON. No body and no content type at all mean `{}`.
 *
 * @throws BackbeatError `unsupported_media_type`, `body_too_large`, `malformed_json`,
 *   `incomplete_body`, and what {@link parseJson} throws
 */
export async function readJson(request: Request, maxBytes: number): Promise<Json> {
  return parseBody(request, await readBody(request, maxBytes))
}

/** As {@link readJson}, for a body that may be left out: an empty one means `{}`, whatever its content type. */
export async function readOptionalJson(request: Request, maxBytes: number): Promise<Json> {
  const bytes = await readBody(request, maxBytes)
  return bytes.length === 0 ? {} : parseBody(request, bytes)
}

async function readBody(request: Request, maxBytes: number): Promise<Buffer> {
  const contentType = request.headers.get('content-type')
  if (contentType !== null) refuseOtherMedia(contentType)
  refuseEncoded(request.headers.get('content-encoding'))
  return readBounded(request, maxBytes)
}

function parseBody(request: Request, bytes: Buffer): Json {
  if (request.headers.get('content-type') === null) {
    if (bytes.length === 0) return {}
    throw unsupported('The body has no content type.')
  }
  return parseJson(decodeUtf8(bytes))
}

function refuseOtherMedia(contentType: string): void {
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase())
  if (!/^application\/([\w.!#$&^-]+\+)?json$/.test(type))
    throw unsupported(`The body is ${type || 'of no known type'}.`)
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length)
  if (charset !== undefined && !/^"?utf-?8"?$/.test(charset)) throw unsupported(`The body is encoded in ${charset}.`)
}

function refuseEncoded(contentEncoding: string | null): void {
  if (contentEncoding === null || contentEncoding.toLowerCase() === 'identity') return
  throw unsupported(`The body is compressed with ${contentEncoding}.`)
}

function unsupported(what: string): BackbeatError {
  return new BackbeatError(
    'unsupported_media_type',
    `${what} Send JSON in UTF-8, not compressed, with the header "Content-Type: application/json".`,
    { status: 415 },
  )
}

/** Reads no more than the limit, whatever the request says of its length. */
async function readBounded(request: Request, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge(maxBytes)
  if (request.body === null) return Buffer.alloc(0)
  const reader = request.body.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw new BackbeatError('incomplete_body', 'The body ended before it was complete. Send it again.', {
        status: 400,
        cause,
      })
    })
    if (done) return Buffer.concat(chunks)
    length += value.byteLength
    if (length > maxBytes) {
      reader.cancel().catch(() => {})
      throw tooLarge(maxBytes)
    }
    chunks.push(value)
  }
}

function tooLarge(maxBytes: number): BackbeatError {
  return new BackbeatError(
    'body_too_large',
    `The body is longer than ${maxBytes} bytes. Put the data in a file or a table and pass a reference to it.`,
    { status: 413 },
  )
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new BackbeatError('malformed_json', 'The body is not JSON: it is not encoded in UTF-8.', {
      status: 400,
      cause,
    })
  }
}
