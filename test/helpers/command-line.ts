import { type ParseArgsConfig, parseArgs } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

type Parsed<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O & { help: { type: 'boolean' } }; allowPositionals: true }>
>;

/** Reads the arguments of the process. Prints `usage` and exits with 0 for --help, and with 2 if an option is wrong. */
export function commandLine<const O extends Options>(usage: string, options: O): Parsed<O> {
  try {
    const parsed = parseArgs({
      allowPositionals: true,
      options: { ...options, help: { type: 'boolean' } },
    }) as Parsed<O>;
    if ((parsed.values as { help?: boolean }).help !== true) return parsed;
    console.log(usage);
    return process.exit(0);
  } catch (error) {
    // The first sentence names the option. The rest is advice on positional arguments.
    return usageError((error as Error).message.split(/\. To specify|\n/)[0]!, usage);
  }
}

/** Prints what is wrong with the arguments, and exits with 2. */
export function usageError(message: string, usage: string): never {
  console.error(`${message}\n\n${usage}`);
  return process.exit(2);
}
