/** Strings from models and paths, made safe for the places where VS Code would read more than text in them. */
import { visibleName } from '../../report/text';

/** For notifications and progress, which turn `[text](command:…)` into a link that runs a command. */
export const plainMessage = (text: string): string => visibleName(text).replaceAll('](', '] (');

/** For quick picks, which turn `$(name)` into an icon. */
export const plainLabel = (text: string): string => visibleName(text).replaceAll('$(', '\\$(');
