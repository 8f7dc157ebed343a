import { Alert, Button, Group, Modal, Select, Stack, TagsInput, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { CreatedToken, NewToken, Token } from 'backbeat/client'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../api/client.ts'
import { ActionDialog } from '../ui/action-dialog.tsx'
import { Copy } from '../ui/copy.tsx'
import { patternsOf } from './patterns.ts'

type Permission = Token['permissions'][number]
const NONE = 'none'
const PERMISSIONS: readonly (Permission | typeof NONE)[] = [
  NONE,
  'background_tasks.view',
  'background_tasks.manage',
  'background_tasks.admin',
]
const LIFETIMES = ['7d', '30d', '90d', '365d', 'never'] as const

interface NewTokenDialogProps {
  onClose: () => void
  onCreated: (token: CreatedToken) => void
}

export function NewTokenDialog({ onClose, onCreated }: NewTokenDialogProps) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const [permission, setPermission] = useState<string>('background_tasks.view')
  const [tasks, setTasks] = useState<string[]>([])
  const [lifetime, setLifetime] = useState<string>('90d')
  const known = useQuery({ queryKey: ['tasks'], queryFn: ({ signal }) => client.tasks({ signal }) })

  const create = async () => {
    const wanted: NewToken = {
      name,
      permissions: permission === NONE ? [] : [permission as Permission],
      tasks: tasks.length === 0 ? null : tasks,
      expires_in: lifetime === 'never' ? null : lifetime,
    }
    onCreated(await client.access.createToken(wanted))
  }

  return (
    <ActionDialog
      title={t('tokens.add')}
      submit={t('tokens.add')}
      isReady={name.trim() !== ''}
      onClose={onClose}
      onSubmit={create}
    >
      <TextInput
        label={t('tokens.name')}
        description={t('tokens.nameHint')}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        autoComplete="off"
        spellCheck={false}
        data-autofocus
      />
      <Select
        label={t('tokens.permission')}
        description={t(`permission.${nameOf(permission)}Hint`)}
        data={PERMISSIONS.map((value) => ({ value, label: t(`permission.${nameOf(value)}`) }))}
        value={permission}
        onChange={(value) => value && setPermission(value)}
        allowDeselect={false}
      />
      <TagsInput
        label={t('tokens.tasks')}
        description={t('tokens.tasksHint')}
        placeholder={tasks.length === 0 ? t('tokens.everyTask') : ''}
        data={patternsOf((known.data ?? []).map((task) => task.name))}
        value={tasks}
        onChange={setTasks}
        splitChars={[',', ' ']}
        acceptValueOnBlur
        // Above, where it does not lie over the button.
        comboboxProps={{ position: 'top' }}
        maxDropdownHeight={180}
      />
      <Select
        label={t('tokens.lifetime')}
        data={LIFETIMES.map((value) => ({ value, label: t(`tokens.lifetimes.${value}`) }))}
        value={lifetime}
        onChange={(value) => value && setLifetime(value)}
        allowDeselect={false}
      />
    </ActionDialog>
  )
}

/** The secret, this once. Nothing but its button closes it. */
export function SecretDialog({ token, onClose }: { token: CreatedToken; onClose: () => void }) {
  const { t } = useTranslation()
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('tokens.created', { name: token.name })}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <Stack gap="sm">
        <Alert color="yellow" variant="light" p="xs">
          {t('tokens.once')}
        </Alert>
        <pre className="panel code" data-secret>
          {token.token}
        </pre>
        <div>
          <Copy text={token.token} label={t('tokens.copySecret')} />
        </div>
        <Text size="sm" c="dimmed">
          {t('tokens.use')}
        </Text>
        <pre className="code panel">{`Authorization: Bearer ${token.token.slice(0, 6)}…`}</pre>
        <Group justify="flex-end">
          <Button onClick={onClose}>{t('tokens.kept')}</Button>
        </Group>
      </Stack>
    </Modal>
  )
}

interface RevokeDialogProps {
  token: Token
  onClose: () => void
  onDone: (message: string) => void
}

export function RevokeDialog({ token, onClose, onDone }: RevokeDialogProps) {
  const { t } = useTranslation()
  return (
    <ActionDialog
      title={t('tokens.revokeTitle', { name: token.name })}
      submit={t('tokens.revoke')}
      isDangerous
      onClose={onClose}
      onSubmit={async () => {
        await client.access.revokeToken(token.name)
        onDone(t('tokens.revokedDone', { name: token.name }))
      }}
    >
      <Text size="sm">{t('tokens.revokeHint')}</Text>
    </ActionDialog>
  )
}

/** The last part of a permission's name, as the texts know it. */
export function nameOf(permission: string): string {
  return permission.replace('background_tasks.', '')
}
