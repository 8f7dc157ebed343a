import { ActionIcon, Group, Menu, Tooltip, useMantineColorScheme } from '@mantine/core'
import { IconDeviceDesktop, IconLanguage, IconMoon, IconSun } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { chooseLanguage, LANGUAGES, type Language } from '../i18n.ts'
import { SCHEMES } from './schemes.ts'

const ICONS = { auto: IconDeviceDesktop, light: IconSun, dark: IconMoon } as const

/** Language and colours. */
export function Preferences() {
  const { t, i18n } = useTranslation()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const Scheme = ICONS[colorScheme]
  return (
    <Group gap={4} wrap="nowrap">
      <Menu position="bottom-end" width={150}>
        <Menu.Target>
          <Tooltip label={t('shell.language')}>
            <ActionIcon variant="subtle" color="gray" aria-label={t('shell.language')}>
              <IconLanguage size={17} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          {Object.entries(LANGUAGES).map(([language, name]) => (
            <Menu.Item
              key={language}
              lang={language}
              fw={i18n.language === language ? 600 : 400}
              onClick={() => void chooseLanguage(language as Language)}
            >
              {name}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Menu position="bottom-end" width={150}>
        <Menu.Target>
          <Tooltip label={t('shell.colours')}>
            <ActionIcon variant="subtle" color="gray" aria-label={t('shell.colours')}>
              <Scheme size={17} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          {SCHEMES.map((scheme) => (
            <Menu.Item key={scheme} fw={scheme === colorScheme ? 600 : 400} onClick={() => setColorScheme(scheme)}>
              {t(`shell.scheme.${scheme}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </Group>
  )
}
