/** Users who have asked for a random name: nobody else has it, and nobody comes back to it but by a resume token. */

const PREFIX = 'anonymous-';

export const anonymousName = (random: string): string => PREFIX + random;

export const isAnonymous = (userName: string): boolean => userName.startsWith(PREFIX);
