import { Button, Group, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Copy } from '../ui/copy.tsx'
import { LEAST_PASSWORD_LENGTH, randomPassword } from './password.ts'

interface PasswordFieldProps {
  value: string
  onChange: (password: string) => void
}

/** A password that somebody sets for another, so it is shown: it has to be told to them. */
export function PasswordField({ value, onChange }: PasswordFieldProps) {
  const { t } = useTranslation()
  return (
    <div>
      <TextInput
        label={t('users.password')}
        description={t('users.passwordHint', { count: LEAST_PASSWORD_LENGTH })}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        autoComplete="off"
        spellCheck={false}
        classNames={{ input: 'mono' }}
      />
      <Group gap={4} mt={4}>
        <Button variant="subtle" color="gray" size="compact-xs" onClick={() => onChange(randomPassword())}>
          {t('users.makeUp')}
        </Button>
        {value !== '' && <Copy text={value} label={t('copy')} />}
      </Group>
    </div>
  )
}
