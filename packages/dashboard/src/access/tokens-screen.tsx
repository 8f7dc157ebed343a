import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { CreatedToken, Token } from 'backbeat/client'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../api/client.ts'
import { useNow } from '../live/now.ts'
import { type Field, Records } from '../ui/records.tsx'
import { Screen } from '../ui/screen.tsx'
import { Empty } from '../ui/states.tsx'
import { Dot } from '../ui/status.tsx'
import { Ago } from '../ui/time.tsx'
import { NewTokenDialog, nameOf, RevokeDialog, SecretDialog } from './token-dialogs.tsx'

type State = 'valid' | 'expired' | 'revoked'
const TONES: Record<State, string> = { valid: 'green', expired: 'amber', revoked: 'gray' }

export function TokensScreen() {
  const { t } = useTranslation()
  const queries = useQueryClient()
  const now = useNow()
  const [isAdding, setAdding] = useState(false)
  const [created, setCreated] = useState<CreatedToken | null>(null)
  const [revoked, setRevoked] = useState<Token | null>(null)
  const query = useQuery({ queryKey: ['tokens'], queryFn: ({ signal }) => client.access.tokens({ signal }) })
  const reload = () => void queries.invalidateQueries({ queryKey: ['tokens'] })

  const fields: Field<Token>[] = [
    { label: t('tokens.name'), place: 'title', cell: ({ name }) => name },
    {
      label: t('users.state'),
      place: 'state',
      cell: (token) => {
        const state = stateOf(token, now)
        return (
          <span className="status">
            <Dot tone={TONES[state]} />
            {t(`tokens.${state}`)}
          </span>
        )
      },
    },
    {
      label: t('tokens.permission'),
      cell: ({ permissions }) => t(`permission.${nameOf(permissions.at(-1) ?? 'none')}`),
    },
    {
      label: t('tokens.tasks'),
      cell: ({ tasks }) => (tasks === null ? t('tokens.everyTask') : <span className="mono">{tasks.join(', ')}</span>),
    },
    {
      label: t('tokens.lastUsed'),
      cell: ({ last_used_at }) => (last_used_at === null ? t('tokens.neverUsed') : <Ago at={last_used_at} />),
    },
    {
      label: t('tokens.expires'),
      cell: ({ expires_at }) => (expires_at === null ? t('tokens.lifetimes.never') : <Ago at={expires_at} />),
    },
    {
      label: t('tokens.made'),
      cell: ({ created_at, created_by }) => (
        <>
          <Ago at={created_at} /> <span className="muted">{created_by}</span>
        </>
      ),
    },
    {
      label: t('workers.actions'),
      isRight: true,
      place: 'actions',
      cell: (token) =>
        token.revoked_at === null && (
          <Button size="compact-xs" variant="default" onClick={() => setRevoked(token)}>
            {t('tokens.revoke')}
          </Button>
        ),
    },
  ]

  return (
    <>
      <Screen
        title={t('pages.tokens')}
        query={query}
        actions={<Button onClick={() => setAdding(true)}>{t('tokens.add')}</Button>}
      >
        {(tokens) =>
          tokens.length === 0 ? (
            <Empty title={t('tokens.none')}>{t('tokens.noneHint')}</Empty>
          ) : (
            <Records
              label={t('pages.tokens')}
              // Those that are of use come first.
              rows={tokens.toSorted((one, other) => rankOf(one, now) - rankOf(other, now))}
              fields={fields}
              keyOf={({ name }) => name}
            />
          )
        }
      </Screen>
      {isAdding && (
        <NewTokenDialog
          onClose={() => setAdding(false)}
          onCreated={(token) => {
            setCreated(token)
            reload()
          }}
        />
      )}
      {created && <SecretDialog token={created} onClose={() => setCreated(null)} />}
      {revoked && (
        <RevokeDialog
          token={revoked}
          onClose={() => setRevoked(null)}
          onDone={(message) => {
            notifications.show({ message })
            reload()
          }}
        />
      )}
    </>
  )
}

function stateOf({ revoked_at, expires_at }: Token, now: number): State {
  if (revoked_at !== null) return 'revoked'
  return expires_at !== null && Date.parse(expires_at) <= now ? 'expired' : 'valid'
}

function rankOf(token: Token, now: number): number {
  return stateOf(token, now) === 'valid' ? 0 : 1
}
