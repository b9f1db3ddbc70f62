/** The type of task that runs a recipe: what `tasks.json` may say of one. */
import { type Texts } from './texts';

/** Type of the task. */
export const taskType = 'lapidary';

/** `contributes.taskDefinitions`. */
export function taskContributions(texts: Texts): readonly unknown[] {
  const text = (key: string, english: string): string => texts.add(`task.${key}`, english);
  return [
    {
      type: taskType,
      required: ['recipe', 'model'],
      properties: {
        recipe: {
          type: 'string',
          description: text('recipe', 'The recipe, a *.lapidary.json or the name of a preset; relative to the folder.'),
        },
        model: { type: 'string', description: text('model', 'The model to run it on; relative to the folder.') },
        output: {
          type: 'string',
          description: text('output', 'The file to write. Default: beside the model, named after the recipe.'),
        },
        overwrite: {
          type: 'boolean',
          default: false,
          description: text(
            'overwrite',
            'Replace the output of an earlier run; without it, a file that is there makes the task fail.',
          ),
        },
        data: { type: 'string', description: text('data', 'Data in place of what the recipe names.') },
        keep: {
          type: 'boolean',
          default: false,
          description: text('keep', 'Write the output although it misses a gate; the task fails all the same.'),
        },
      },
      when: 'isWorkspaceTrusted',
    },
  ];
}
