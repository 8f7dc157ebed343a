import { Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { User } from 'backbeat/client'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client, messageOf } from '../api/client.ts'
import { type Field, Records } from '../ui/records.tsx'
import { Screen } from '../ui/screen.tsx'
import { useSession } from '../ui/session.tsx'
import { Empty } from '../ui/states.tsx'
import { Dot } from '../ui/status.tsx'
import { Ago } from '../ui/time.tsx'
import { DisableDialog, NewUserDialog, ResetPasswordDialog, RoleDialog } from './user-dialogs.tsx'

type Opened = { kind: 'add' } | { kind: 'role' | 'password' | 'disable'; user: User }

export function UsersScreen() {
  const { t } = useTranslation()
  const session = useSession()
  const queries = useQueryClient()
  const [opened, setOpened] = useState<Opened | null>(null)
  const query = useQuery({ queryKey: ['users'], queryFn: ({ signal }) => client.access.users({ signal }) })

  const close = () => setOpened(null)
  const done = (message: string) => {
    notifications.show({ message })
    void queries.invalidateQueries({ queryKey: ['users'] })
  }
  const enable = async ({ name }: User) => {
    try {
      await client.access.changeUser(name, { disabled: false })
      done(t('users.enabledDone', { name }))
    } catch (error) {
      notifications.show({ color: 'red', message: messageOf(error) })
    }
  }
  const isOneself = (user: User) => session.kind === 'user' && session.name === user.name

  const fields: Field<User>[] = [
    {
      label: t('users.name'),
      place: 'title',
      cell: (user) => (
        <>
          {user.name} {isOneself(user) && <span className="muted">({t('users.you')})</span>}
        </>
      ),
    },
    { label: t('users.role'), cell: ({ role }) => t(`role.${role}`) },
    {
      label: t('users.state'),
      place: 'state',
      cell: ({ disabled_at }) => (
        <span className="status">
          <Dot tone={disabled_at === null ? 'green' : 'gray'} />
          {t(disabled_at === null ? 'users.active' : 'users.disabled')}
        </span>
      ),
    },
    { label: t('users.since'), cell: ({ created_at }) => <Ago at={created_at} /> },
    {
      label: t('workers.actions'),
      isRight: true,
      place: 'actions',
      cell: (user) => (
        <>
          <Button size="compact-xs" variant="default" onClick={() => setOpened({ kind: 'role', user })}>
            {t('users.changeRole')}
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => setOpened({ kind: 'password', user })}>
            {t('users.resetPassword')}
          </Button>
          {user.disabled_at !== null ? (
            <Button size="compact-xs" variant="default" onClick={() => void enable(user)}>
              {t('users.enable')}
            </Button>
          ) : (
            <Button
              size="compact-xs"
              variant="default"
              disabled={isOneself(user)}
              onClick={() => setOpened({ kind: 'disable', user })}
            >
              {t('users.disable')}
            </Button>
          )}
        </>
      ),
    },
  ]

  return (
    <>
      <Screen
        title={t('pages.users')}
        query={query}
        actions={<Button onClick={() => setOpened({ kind: 'add' })}>{t('users.add')}</Button>}
      >
        {(users) =>
          users.length === 0 ? (
            <Empty title={t('users.none')}>{t('users.noneHint')}</Empty>
          ) : (
            <Records label={t('pages.users')} rows={users} fields={fields} keyOf={({ name }) => name} />
          )
        }
      </Screen>
      {opened?.kind === 'add' && <NewUserDialog onClose={close} onDone={done} />}
      {opened?.kind === 'role' && <RoleDialog user={opened.user} onClose={close} onDone={done} />}
      {opened?.kind === 'password' && <ResetPasswordDialog user={opened.user} onClose={close} onDone={done} />}
      {opened?.kind === 'disable' && <DisableDialog user={opened.user} onClose={close} onDone={done} />}
    </>
  )
}
