import { backbeat } from '../../../../backbeat.ts'

export const dynamic = 'force-dynamic'

export const GET = backbeat.fetch
export const POST = backbeat.fetch
export const PATCH = backbeat.fetch
export const DELETE = backbeat.fetch
