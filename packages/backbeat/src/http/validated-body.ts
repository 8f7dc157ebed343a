import type { z } from '@hono/zod-openapi'
import { readJson, readOptionalJson } from './body.ts'
import { InvalidRequestError } from './request-errors.ts'
import { issuesOf } from './zod-issues.ts'

/** The request's body, checked. @throws InvalidRequestError, and what {@link readJson} throws */
export async function requiredBody<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
  maxBytes: number,
): Promise<z.infer<Schema>> {
  return checked(schema, await readJson(request, maxBytes))
}

/** As {@link requiredBody}, for a body that may be left out. */
export async function optionalBody<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
  maxBytes: number,
): Promise<z.infer<Schema>> {
  return checked(schema, await readOptionalJson(request, maxBytes))
}

function checked<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(body)
  if (!parsed.success) throw new InvalidRequestError('invalid_input', issuesOf(parsed.error))
  return parsed.data
}
