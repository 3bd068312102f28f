/**
 * Whether test/mutation/ runs the tests: instrumented, and thousands of times. Measurements of time mean nothing then, and floods take
 * too long.
 */
export const IS_MUTATION_RUN: boolean = process.env.WS101_MUTATION !== undefined;
