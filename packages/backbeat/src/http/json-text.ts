import { BackbeatError } from '../errors.ts'
import { findJsonIssue, type Json, type JsonIssue } from '../json.ts'
import { InvalidRequestError } from './request-errors.ts'

type Path = (string | number)[]

/** Stands in a parsed text for a whole number that no double stands for. */
const INEXACT = Symbol('inexact')
const MAX_ISSUES = 100

/**
 * Parses JSON from outside, and refuses what would be stored as something else than was sent, or
 * what is dangerous to copy: nesting without end, numbers that lose digits, `__proto__` keys.
 *
 * @throws BackbeatError `malformed_json`, and InvalidRequestError with a path for each value
 */
export function parseJson(text: string): Json {
  const value = parse(text)
  // First, because everything after it relies on the bounded depth.
  const issue = findJsonIssue(value)
  if (issue) throw new InvalidRequestError('invalid_input', [issue])
  const issues = findUnsafe(value, text)
  if (issues.length > 0) throw new InvalidRequestError('invalid_input', issues)
  return value as Json
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new BackbeatError('malformed_json', `The body is not JSON: ${reason}.`, { status: 400, cause })
  }
}

function findUnsafe(value: unknown, text: string): JsonIssue[] {
  const issues: JsonIssue[] = []
  const add = (path: Path, message: string) => {
    if (issues.length < MAX_ISSUES) issues.push({ path: [...path], message })
  }
  let hasLargeInteger = false
  visit(value, [], (entry, path) => {
    if (path.at(-1) === '__proto__') add(path, 'a key cannot be called __proto__')
    if (Number.isInteger(entry) && !Number.isSafeInteger(entry)) hasLargeInteger = true
  })
  // Looking at how each number was written makes parsing six times slower, so only where one may have lost digits.
  if (hasLargeInteger) {
    visit(JSON.parse(text, markInexact), [], (entry, path) => {
      if (entry === INEXACT) add(path, 'is a whole number that loses digits in JSON; send it as a text')
    })
  }
  return issues
}

function visit(value: unknown, path: Path, look: (entry: unknown, path: Path) => void): void {
  look(value, path)
  if (typeof value !== 'object' || value === null) return
  for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
    path.push(key)
    visit((value as Record<string | number, unknown>)[key], path, look)
    path.pop()
  }
}

function markInexact(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source
  if (typeof value !== 'number' || source === undefined || !/^-?\d+$/.test(source)) return value
  // The shortest digits of a double are what programs print of it, so they mean that double too.
  return String(value) === source || BigInt(source) === BigInt(value) ? value : INEXACT
}
