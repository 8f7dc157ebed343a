import type { Json } from '../json.ts'
import { type HttpHarness, NO_JOB } from './harness.conformance.ts'

/** As much of an OpenAPI schema as bodies are made from. */
interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: Json[]
  const?: Json
  properties?: { [name: string]: Schema }
  required?: string[]
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  format?: string
}

/** One operation of the document. */
export interface Operation {
  method: string
  path: string
  operationId: string
  isPublic: boolean
  /** What it asks of its caller; `null` where it depends on what is asked for. */
  permission: string | null
  query: string[]
  body: Schema | undefined
}

interface Attack {
  what: string
  path: string
  body?: string
  headers?: Record<string, string>
}

const LONG = 'x'.repeat(100_000)
/** What no value should be, as JSON. */
const WRONG_VALUES = [
  ...['null', 'true', '-1', '0', '1e308', '-1e-308', '9007199254740993', '1e999', '""', '" "', '[]', '{}', '[[[]]]'],
  ...['"\\u0000"', '"\\ud800"', '"%00"', '"../../etc/passwd"', '"\'; DROP TABLE backbeat_jobs; --"', '"__proto__"'],
  ...['{"$ne":null}', '{"__proto__":{"isAdmin":true}}', '{"constructor":{"prototype":{"a":1}}}', '["a","a"]'],
  JSON.stringify(LONG),
  JSON.stringify(Array.from({ length: 5000 }, () => 'a')),
]
const WRONG_TEXTS = [
  ...[
    '',
    ' ',
    '-1',
    '0',
    '1e308',
    '99999999999999999999',
    'NaN',
    'true',
    'null',
    'undefined',
    '[]',
    '{}',
    '\0',
    'a\0b',
  ],
  ...[
    '\ud83d\ude00',
    '../../etc/passwd',
    '..\\..\\windows',
    "' OR 1=1 --",
    '%',
    '_',
    '%00',
    '__proto__',
    'constructor',
  ],
  ...['2026-13-45', '0000-00-00T00:00:00Z', 'x'.repeat(5000), '<script>alert(1)</script>', '\u202e', '*', 'a,b,,c'],
]
/** Written as they are: no URL is made from them. */
const WRONG_SEGMENTS = [
  ...[
    '%00',
    '%ff',
    '%c0%ae%c0%ae',
    '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
    '..%5c..%5c',
    '%',
    '%zz',
    '-1',
    '%20',
    '%F0%9F%98%80',
  ],
  ...[
    '__proto__',
    'constructor',
    "'%20OR%201=1",
    'x'.repeat(5000),
    NO_JOB,
    NO_JOB.toUpperCase(),
    '*',
    '{job_id}',
    '%7Bjob_id%7D',
  ],
]
const WRONG_BODIES = [
  ...[
    '',
    ' ',
    '{',
    '}',
    '{"a":',
    'null',
    '0',
    '"text"',
    '[]',
    '[1]',
    '{}{}',
    '\0',
    '{"a":NaN}',
    "{'a':1}",
    '\ufeff{}',
    '{"a":01}',
  ],
  '['.repeat(100_000),
  `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
  JSON.stringify({ a: 'x'.repeat(2_000_000) }),
  '{"unknown_field":1}',
  '{"__proto__":{"isAdmin":true}}',
]
const WRONG_HEADERS: Record<string, string>[] = [
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/xml' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  { 'content-type': 'application/x-www-form-urlencoded' },
  { 'content-type': '' },
  { 'content-type': 'application/json; charset=utf-16' },
  { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  { 'content-type': 'application/json', 'content-length': '-5' },
  { 'content-type': 'application/json', 'idempotency-key': 'x'.repeat(5000) },
  { 'content-type': 'application/json', 'x-request-id': '<script>' },
  { 'content-type': 'application/json', origin: 'not a url', 'sec-fetch-site': 'nonsense' },
  { 'content-type': 'application/json', cookie: `__Host-backbeat_session=${'%'.repeat(5000)}` },
  { 'content-type': 'application/json', 'x-forwarded-for': LONG.slice(0, 5000), accept: ',,,' },
  { 'content-type': 'application/json', 'last-event-id': '\u00ff\u00ff', range: 'bytes=9-1' },
]

/** Every operation that the document describes, whoever added it. */
export async function operationsOf(
  http: HttpHarness,
): Promise<{ operations: Operation[]; schemas: { [name: string]: Schema } }> {
  // biome-ignore lint/suspicious/noExplicitAny: the document is looked into as it is
  const document: any = (await http.send('GET', '/openapi.json', { token: null })).json
  const operations: Operation[] = []
  for (const [path, methods] of Object.entries<object>(document.paths)) {
    // biome-ignore lint/suspicious/noExplicitAny: as above
    for (const [method, operation] of Object.entries<any>(methods)) {
      operations.push({
        method: method.toUpperCase(),
        path,
        operationId: operation.operationId,
        isPublic: operation.security?.length === 0,
        permission: operation['x-permission'] ?? null,
        query: (operation.parameters ?? []).filter((each: { in: string }) => each.in === 'query').map(nameOf),
        body: operation.requestBody?.content?.['application/json']?.schema,
      })
    }
  }
  return { operations, schemas: document.components.schemas }
}

/** The path with something in it that exists. */
export function plainPath({ path }: Operation, jobId: string = NO_JOB): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    if (name.endsWith('job_id')) return jobId
    if (name === 'notification_id') return '1'
    return name === 'domain' ? 'demo' : name === 'action' ? 'echo' : 'some'
  })
}

/** A body that the operation's schema has nothing against. */
export function plainBody({ body }: Operation, schemas: { [name: string]: Schema }): string | undefined {
  return body && JSON.stringify(sampleOf(body, schemas))
}

/** Everything hostile that is sent to an operation. */
export function* attacksOn(
  operation: Operation,
  schemas: { [name: string]: Schema },
  jobId: string,
): Generator<Attack> {
  const path = plainPath(operation, jobId)
  const body = plainBody(operation, schemas)
  const sent = { ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }) }

  for (const name of [...operation.query, 'unknown', '__proto__[x]']) {
    for (const value of WRONG_TEXTS) {
      yield {
        ...sent,
        what: `${name}=${value.slice(0, 30)}`,
        path: `${path}?${new URLSearchParams({ [name]: value.toWellFormed() })}`,
      }
    }
    yield { ...sent, what: `${name} twice`, path: `${path}?${name}=1&${name}=2` }
  }
  yield { ...sent, what: 'a broken query', path: `${path}?%ff=%ff&=&&a` }
  for (const segment of WRONG_SEGMENTS) {
    const wrong = operation.path.replaceAll(/\{\w+\}/g, segment)
    if (wrong !== operation.path) yield { ...sent, what: `in the path: ${segment.slice(0, 30)}`, path: wrong }
  }
  for (const headers of WRONG_HEADERS)
    yield {
      what: JSON.stringify(headers).slice(0, 80),
      path,
      headers,
      ...(operation.method !== 'GET' && { body: body ?? '{}' }),
    }
  if (operation.method === 'GET') return
  const headers = { 'content-type': 'application/json' }
  for (const wrong of WRONG_BODIES) yield { what: `body ${wrong.slice(0, 30)}`, path, body: wrong, headers }
  const properties = Object.entries(resolved(operation.body ?? {}, schemas).properties ?? {})
  for (const [name] of properties) {
    const sample = JSON.parse(body ?? '{}')
    for (const value of WRONG_VALUES) {
      delete sample[name]
      const rest = JSON.stringify(sample).slice(1)
      yield {
        what: `${name}: ${value.slice(0, 30)}`,
        path,
        headers,
        body: `{${JSON.stringify(name)}:${value}${rest === '}' ? '' : ','}${rest}`,
      }
    }
  }
}

function sampleOf(schema: Schema, schemas: { [name: string]: Schema }): Json {
  const {
    type,
    enum: values,
    const: only,
    properties = {},
    required = [],
    items,
    anyOf,
    oneOf,
    format,
  } = resolved(schema, schemas)
  if (only !== undefined) return only
  if (values?.[0] !== undefined) return values[0]
  const choice = (anyOf ?? oneOf)?.[0]
  if (choice) return sampleOf(choice, schemas)
  switch (Array.isArray(type) ? type[0] : type) {
    case 'string':
      return format === 'date-time' ? '2026-01-01T00:00:00Z' : 'some text of letters'
    case 'integer':
    case 'number':
      return 1
    case 'boolean':
      return true
    case 'array':
      return items ? [sampleOf(items, schemas)] : []
    case 'object':
      return Object.fromEntries(required.map((name) => [name, sampleOf(properties[name] ?? {}, schemas)]))
    default:
      return {}
  }
}

function resolved(schema: Schema, schemas: { [name: string]: Schema }): Schema {
  const name = schema.$ref?.split('/').at(-1)
  return name === undefined ? schema : resolved(schemas[name] ?? {}, schemas)
}

function nameOf({ name }: { name: string }): string {
  return name
}
