import { Alert, Button, PasswordInput, Stack } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { LEAST_PASSWORD_LENGTH } from '../access/password.ts'
import { client, messageOf } from '../api/client.ts'

const EMPTY = { current: '', next: '', again: '' }

/** Changes one's own password. */
export function PasswordForm() {
  const { t } = useTranslation()
  const [typed, setTyped] = useState(EMPTY)
  const [outcome, setOutcome] = useState<{ isDone: boolean; message: string } | null>(null)
  const [isBusy, setBusy] = useState(false)
  const isRepeated = typed.again === '' || typed.again === typed.next

  const submit = async (event: FormEvent) => {
    event.preventDefault()
    setBusy(true)
    try {
      await client.access.changePassword({ current_password: typed.current, new_password: typed.next })
      setTyped(EMPTY)
      setOutcome({ isDone: true, message: t('settings.passwordChanged') })
    } catch (error) {
      setOutcome({ isDone: false, message: messageOf(error) })
    } finally {
      setBusy(false)
    }
  }
  const field = (name: keyof typeof EMPTY) => ({
    value: typed[name],
    onChange: (event: { currentTarget: HTMLInputElement }) => {
      const { value } = event.currentTarget
      setTyped((before) => ({ ...before, [name]: value }))
    },
    visibilityToggleButtonProps: { 'aria-label': t('signIn.show') },
  })

  return (
    <Stack component="form" gap="sm" maw={420} onSubmit={submit}>
      <PasswordInput {...field('current')} label={t('settings.currentPassword')} autoComplete="current-password" />
      <PasswordInput
        {...field('next')}
        label={t('settings.newPassword')}
        description={t('users.passwordHint', { count: LEAST_PASSWORD_LENGTH })}
        autoComplete="new-password"
      />
      <PasswordInput
        {...field('again')}
        label={t('settings.repeatPassword')}
        autoComplete="new-password"
        error={isRepeated ? null : t('settings.notTheSame')}
      />
      {outcome && (
        <Alert
          color={outcome.isDone ? 'green' : 'red'}
          variant="light"
          p="xs"
          role={outcome.isDone ? 'status' : 'alert'}
        >
          {outcome.message}
        </Alert>
      )}
      <div>
        <Button
          type="submit"
          loading={isBusy}
          disabled={typed.current === '' || typed.next.length < LEAST_PASSWORD_LENGTH || typed.next !== typed.again}
        >
          {t('settings.changePassword')}
        </Button>
      </div>
    </Stack>
  )
}
