// Shows the OpenAPI document, and sends the requests that it describes. What comes from outside is
// only ever set as text.

const main = document.querySelector('main')
let token = ''
/** So much of a stream that does not end is shown: its end. */
const MAX_SHOWN = 100_000

/** An element with attributes, listeners and children. */
function el(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties)
  element.append(...children)
  return element
}

function headers() {
  return token === '' ? {} : { authorization: `Bearer ${token}` }
}

async function show() {
  const response = await fetch('openapi.json', { headers: headers() })
  const api = await response.json()
  main.replaceChildren(...heading(api), signIn(), ...groups(api))
}

function heading(api) {
  const paragraphs = api.info.description
    .split('\n\n')
    .map((text) => el('p', { textContent: text.replaceAll('`', '') }))
  return [el('h1', { textContent: api.info.title }), ...paragraphs]
}

function signIn() {
  const field = el('input', { type: 'password', autocomplete: 'off', value: token })
  const use = el('button', { type: 'button', textContent: 'Use it' })
  use.addEventListener('click', () => {
    token = field.value.trim()
    show()
  })
  const label = el('label', { textContent: 'API token. It is kept in this page only; who is signed in needs none.' })
  label.append(field)
  return el('section', {}, label, use)
}

/** Operations by their first tag, in the order of the document. */
function groups(api) {
  const byTag = new Map()
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? 'Other'
      byTag.set(tag, [...(byTag.get(tag) ?? []), operationOf(api, path, method, operation)])
    }
  }
  return [...byTag].flatMap(([tag, entries]) => [el('h2', { textContent: tag }), ...entries])
}

function operationOf(api, path, method, operation) {
  const details = el(
    'details',
    { id: operation.operationId },
    el(
      'summary',
      {},
      el('b', { textContent: method.toUpperCase() }),
      el('code', { textContent: path }),
      el('span', { textContent: operation.summary ?? '' }),
    ),
  )
  // Filled when it is opened: a document may describe hundreds of operations.
  details.addEventListener('toggle', () => details.append(bodyOf(api, path, method, operation)), { once: true })
  return details
}

function bodyOf(api, path, method, operation) {
  const body = el('div')
  if (operation.description) body.append(el('p', { textContent: operation.description }))
  const permission = operation['x-permission']
  if (permission) body.append(el('p', { textContent: `Needs the permission ${permission}.` }))
  const inputs = (operation.parameters ?? []).map((parameter) => {
    const parts = [
      parameter.name,
      parameter.required ? 'required' : '',
      parameter.description,
      typeOf(parameter.schema),
    ]
    const field = el('input', { required: parameter.required === true })
    body.append(el('label', { textContent: parts.filter(Boolean).join(' · ') }, field))
    return { parameter, field }
  })
  const schema = operation.requestBody?.content?.['application/json']?.schema
  const text = schema && el('textarea', { rows: 6, value: JSON.stringify(exampleOf(api, schema), null, 2) })
  if (schema) {
    body.append(el('p', { textContent: 'Body' }), el('pre', { textContent: pretty(resolved(api, schema)) }), text)
  }
  for (const [status, response] of Object.entries(operation.responses)) {
    const content = Object.values(response.content ?? {})[0]?.schema
    const shown = el('details', {}, el('summary', { textContent: `${status} · ${response.description}` }))
    if (content) {
      const fill = () => shown.append(el('pre', { textContent: pretty(resolved(api, content)) }))
      shown.addEventListener('toggle', fill, { once: true })
    }
    body.append(shown)
  }
  const answer = el('pre', { hidden: true })
  const send = el('button', { type: 'button', textContent: 'Send' })
  send.addEventListener('click', async () => {
    answer.hidden = false
    answer.textContent = '…'
    const show = (text) => {
      answer.textContent = text
    }
    await ask(method, urlOf(path, inputs), headersOf(inputs), text?.value, show).catch((error) => show(String(error)))
  })
  body.append(send, answer)
  return body
}

/** Relative, so that it works below any path. */
function urlOf(path, inputs) {
  const query = new URLSearchParams()
  let url = path.slice(1)
  for (const { parameter, field } of inputs) {
    if (parameter.in === 'path') url = url.replace(`{${parameter.name}}`, encodeURIComponent(field.value))
    if (parameter.in === 'query' && field.value !== '') query.set(parameter.name, field.value)
  }
  return query.size === 0 ? url : `${url}?${query}`
}

function headersOf(inputs) {
  const given = inputs.filter(({ parameter, field }) => parameter.in === 'header' && field.value !== '')
  return Object.fromEntries(given.map(({ parameter, field }) => [parameter.name, field.value]))
}

/** Sends a request, and shows the answer; one that does not end is shown as it comes. */
async function ask(method, url, given, body, show) {
  const response = await fetch(url, {
    method: method.toUpperCase(),
    headers: { ...headers(), ...given, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body }),
  })
  const type = response.headers.get('content-type') ?? ''
  let shown = `${response.status} ${response.statusText}\n\n`
  if (type.startsWith('text/event-stream')) {
    show(shown)
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      shown = (shown + text).slice(-MAX_SHOWN)
      show(shown)
    }
    return
  }
  const text = await response.text()
  show(`${shown}${type.includes('json') && text ? pretty(JSON.parse(text)) : text}`)
}

function pretty(value) {
  return JSON.stringify(value, null, 2)
}

function typeOf(schema = {}) {
  return [schema.type, schema.enum?.join(' | ')].filter(Boolean).join(' ')
}

/** A schema with what it refers to in place, a few levels deep. */
function resolved(api, schema, depth = 0) {
  if (typeof schema !== 'object' || schema === null || depth > 8) return schema
  if (Array.isArray(schema)) return schema.map((entry) => resolved(api, entry, depth + 1))
  if (typeof schema.$ref === 'string') return resolved(api, pointedTo(api, schema.$ref), depth + 1)
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, resolved(api, value, depth + 1)]))
}

/** What a JSON pointer of the document points to. */
function pointedTo(api, pointer) {
  const keys = decodeURIComponent(pointer).split('/').slice(1)
  return keys.reduce((found, key) => found?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], api)
}

/** Something to begin with: what is required, each of its type. */
function exampleOf(api, given) {
  const schema = resolved(api, given)
  if (schema.example !== undefined) return schema.example
  if (schema.default !== undefined) return schema.default
  if (schema.enum) return schema.enum[0]
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type
  if (type === 'object') {
    const required = schema.required ?? []
    return Object.fromEntries(required.map((name) => [name, exampleOf(api, schema.properties?.[name] ?? {})]))
  }
  return { array: [], string: '', integer: 0, number: 0, boolean: false }[type] ?? {}
}

show().catch((error) => main.replaceChildren(el('p', { textContent: `The document cannot be shown: ${error}` })))
