import { z } from '@hono/zod-openapi'
import { STATUSES } from '../../job/states.ts'

/** A moment, as every answer writes it. */
export const time = z.string().openapi({ format: 'date-time', example: '2026-01-31T09:30:00.000Z' })
export const jobId = z.string().openapi({ format: 'uuid', example: '019c1234-5678-7abc-8def-0123456789ab' })
export const url = z.string().openapi({ format: 'uri-reference' })
export const count = z.int().min(0)
export const status = z.enum(STATUSES).openapi('Status')

/** Spelled out, because `z.unknown()` would be documented as a field that may be absent. */
export const json = z
  .union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.unknown()), z.record(z.string(), z.unknown())])
  .openapi('Json')
