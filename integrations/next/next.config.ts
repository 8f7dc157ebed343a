import { join } from 'node:path'
import type { NextConfig } from 'next'

export default {
  // Node loads it, as it would without Next.
  serverExternalPackages: ['backbeat'],
  // Where Backbeat and zod are found here; your own application needs none of it.
  turbopack: { root: join(import.meta.dirname, '../..') },
} satisfies NextConfig
