import { z } from '@hono/zod-openapi'
import { PERMISSIONS, ROLES } from '../../access/permissions.ts'
import { pageOf } from './job.ts'
import { json, time } from './values.ts'

const name = z.string().min(1, 'is empty').max(200, 'is longer than 200 characters')
const password = z.string().max(1000, 'is longer than 1000 characters')
const role = z.enum(ROLES).openapi('Role')
const permission = z.enum(PERMISSIONS).openapi('Permission')
const patterns = z.array(z.string().max(200)).max(50)
const actor = z.string().openapi({ example: 'manual:ana' })

export const sessionSchema = z
  .object({
    kind: z.enum(['user', 'token', 'host', 'developer']),
    name: z.string().openapi({ example: 'ana' }),
    triggered_by: actor.openapi({ description: 'What the jobs that they start are recorded under.' }),
    permissions: z.array(permission),
    tasks: z
      .array(z.string())
      .nullable()
      .openapi({ description: 'Patterns of the tasks that the permissions are for; null for every task.' }),
    starts: z.array(z.string()).openapi({ description: 'Patterns of further tasks that they may start.' }),
    can_sign_out: z.boolean(),
  })
  .openapi('Session')

export const credentialsBody = z.strictObject({ name, password }).openapi('Credentials')

export const passwordChangeBody = z
  .strictObject({ current_password: password, new_password: password })
  .openapi('PasswordChange')

export const userSchema = z
  .object({ name: z.string(), role, created_at: time, disabled_at: time.nullable() })
  .openapi('User')

export const newUserBody = z.strictObject({ name, role, password }).openapi('NewUser')

export const userChangeBody = z
  .strictObject({ role: role.optional(), password: password.optional(), disabled: z.boolean().optional() })
  .refine((change) => Object.keys(change).length > 0, 'changes nothing; give role, password or disabled')
  .openapi('UserChange')

export const tokenSchema = z
  .object({
    name: z.string().openapi({ example: 'ci-deploy' }),
    permissions: z.array(permission),
    tasks: z.array(z.string()).nullable(),
    created_at: time,
    created_by: actor,
    expires_at: time.nullable(),
    revoked_at: time.nullable(),
    last_used_at: time.nullable().openapi({ description: 'To the minute.' }),
  })
  .openapi('Token')

export const createdTokenSchema = tokenSchema
  .extend({ token: z.string().openapi({ description: 'The secret. It is shown now and never again.' }) })
  .openapi('CreatedToken')

export const newTokenBody = z
  .strictObject({
    name,
    permissions: z
      .array(permission)
      .max(PERMISSIONS.length)
      .openapi({ description: 'Each includes those below it. None: it may start tasks, and read what it started.' }),
    tasks: patterns.nullable().optional().openapi({ description: 'Such as `catalog.*`. Default: every task.' }),
    expires_in: z
      .string()
      .regex(/^\d{1,9}(s|m|h|d)$/, 'is not a time such as "90d"')
      .nullable()
      .optional()
      .openapi({ example: '90d', description: 'Default: never.' }),
  })
  .openapi('NewToken')

export const auditEntrySchema = z
  .object({
    id: z.int(),
    at: time,
    actor,
    action: z.string().openapi({ example: 'job.cancel' }),
    subject: z.string().openapi({ example: 'user:ana' }),
    before: json,
    after: json,
    request_id: z.string().nullable(),
    address: z.string().nullable(),
  })
  .openapi('AuditEntry')

export const auditPageSchema = pageOf(auditEntrySchema).openapi('AuditPage')

export const nameParams = z.object({ name: z.string() })
