import { Radio, Stack, Text, TextInput } from '@mantine/core'
import type { User } from 'backbeat/client'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { client } from '../api/client.ts'
import { ActionDialog } from '../ui/action-dialog.tsx'
import { LEAST_PASSWORD_LENGTH } from './password.ts'
import { PasswordField } from './password-field.tsx'

type Role = User['role']
const ROLES: readonly Role[] = ['viewer', 'operator', 'admin']

interface DialogProps {
  user: User
  onClose: () => void
  onDone: (message: string) => void
}

export function NewUserDialog({ onClose, onDone }: Omit<DialogProps, 'user'>) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  const [password, setPassword] = useState('')
  return (
    <ActionDialog
      title={t('users.add')}
      submit={t('users.add')}
      isReady={name.trim() !== '' && password.length >= LEAST_PASSWORD_LENGTH}
      onClose={onClose}
      onSubmit={async () => {
        const added = await client.access.addUser({ name, role, password })
        onDone(t('users.added', { name: added.name }))
      }}
    >
      <TextInput
        label={t('users.name')}
        description={t('users.nameHint')}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        autoComplete="off"
        spellCheck={false}
        data-autofocus
      />
      <RoleField value={role} onChange={setRole} />
      <PasswordField value={password} onChange={setPassword} />
    </ActionDialog>
  )
}

export function RoleDialog({ user, onClose, onDone }: DialogProps) {
  const { t } = useTranslation()
  const [role, setRole] = useState(user.role)
  return (
    <ActionDialog
      title={t('users.roleTitle', { name: user.name })}
      submit={t('users.setRole')}
      isReady={role !== user.role}
      onClose={onClose}
      onSubmit={async () => {
        await client.access.changeUser(user.name, { role })
        onDone(t('users.roleChanged', { name: user.name, role: t(`role.${role}`) }))
      }}
    >
      <RoleField value={role} onChange={setRole} />
    </ActionDialog>
  )
}

export function ResetPasswordDialog({ user, onClose, onDone }: DialogProps) {
  const { t } = useTranslation()
  const [password, setPassword] = useState('')
  return (
    <ActionDialog
      title={t('users.resetTitle', { name: user.name })}
      submit={t('users.setPassword')}
      isReady={password.length >= LEAST_PASSWORD_LENGTH}
      onClose={onClose}
      onSubmit={async () => {
        await client.access.changeUser(user.name, { password })
        onDone(t('users.passwordChanged', { name: user.name }))
      }}
    >
      <Text size="sm">{t('users.resetHint', { name: user.name })}</Text>
      <PasswordField value={password} onChange={setPassword} />
    </ActionDialog>
  )
}

export function DisableDialog({ user, onClose, onDone }: DialogProps) {
  const { t } = useTranslation()
  return (
    <ActionDialog
      title={t('users.disableTitle', { name: user.name })}
      submit={t('users.disable')}
      isDangerous
      onClose={onClose}
      onSubmit={async () => {
        await client.access.changeUser(user.name, { disabled: true })
        onDone(t('users.disabledDone', { name: user.name }))
      }}
    >
      <Text size="sm">{t('users.disableHint', { name: user.name })}</Text>
    </ActionDialog>
  )
}

function RoleField({ value, onChange }: { value: Role; onChange: (role: Role) => void }) {
  const { t } = useTranslation()
  return (
    <Radio.Group label={t('users.role')} value={value} onChange={(role) => onChange(role as Role)}>
      <Stack gap={8} mt={6}>
        {ROLES.map((role) => (
          <Radio key={role} value={role} label={t(`role.${role}`)} description={t(`role.${role}Hint`)} size="sm" />
        ))}
      </Stack>
    </Radio.Group>
  )
}
