import { usePostgres } from '../../../test/postgres.ts'
import { describeStore } from '../store.conformance.ts'
import { openPostgresStore } from './open.ts'

const postgres = usePostgres()

describeStore('Postgres', async ({ url = postgres.storeUrl(), ...options }) => openPostgresStore(url, options))
