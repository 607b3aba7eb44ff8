"""Tools that calculate; the four rules of arithmetic come first."""

from workbench.training.curriculum.tool_concept import Concept, concept

__all__ = ["ARITHMETIC"]

ARITHMETIC: tuple[Concept, ...] = (
    concept(
        "add sum plus addition add_numbers add_two_numbers calculate_sum adder get_sum",
        "num num",
        "",
        "Add two numbers.|Adds two integers.|The sum of two numbers.|Return the sum of a and b.|Add numbers.",
        "{0} + {1}|What is {0} + {1}?|What is {0} plus {1}?|Add {0} and {1}.|How much is {0} + {1}?|Compute {0} + {1}."
        "|What is the sum of {0} and {1}?|Calculate {0} plus {1}.|Find the sum of {0} and {1}.|What's {0} + {1}?"
        "|{0}+{1}|Use the tool to add {0} and {1}.|Please add {0} to {1}.|Work out {0} plus {1}."
        "|How much is {0} plus {1}?",
        "add",
    ),
    concept(
        "subtract minus difference subtraction sub subtract_numbers take_away get_difference",
        "num num",
        "",
        "Subtract two numbers.|Subtracts the second from the first.|The difference of two numbers.|Return a minus b.",
        "{0} - {1}|What is {0} - {1}?|What is {0} minus {1}?|How much is {0} - {1}?|Compute {0} - {1}.|{0}-{1}"
        "|Calculate {0} minus {1}.|Work out {0} minus {1}.|What's {0} - {1}?|What is {0} less {1}?",
        "subtract",
    ),
    concept(
        "multiply times product multiplication mul multiply_numbers get_product",
        "num num",
        "",
        "Multiply two numbers.|Multiplies two integers.|The product of two numbers.|Return a times b.",
        "{0} * {1}|What is {0} * {1}?|What is {0} times {1}?|How much is {0} times {1}?|Multiply {0} by {1}."
        "|Multiply {0} and {1}.|What is the product of {0} and {1}?|Compute {0} * {1}.|{0} x {1}"
        "|Calculate {0} times {1}.",
        "multiply",
    ),
    concept(
        "divide division quotient div divide_numbers get_quotient",
        "num num",
        "dividend divisor|numerator denominator|a b|x y|first second|left right|p q",
        "Divide two numbers.|Divides the first by the second.|The quotient of two numbers.|Return a divided by b.",
        "{0} / {1}|What is {0} / {1}?|What is {0} divided by {1}?|How much is {0} divided by {1}?|Divide {0} by {1}."
        "|Compute {0} / {1}.|Calculate {0} divided by {1}.",
        "divide",
    ),
    concept(
        "power pow exponent raise_power",
        "int int",
        "base exponent|x n|a b|base power",
        "Raise a number to a power.|The power of a number.|Return base to the power of exponent.",
        "What is {0} to the power of {1}?|Raise {0} to the power {1}.|Compute {0} ^ {1}.|{0} ** {1}",
        "number",
    ),
    concept(
        "modulo remainder mod",
        "int int",
        "",
        "The remainder of a division.|Return a modulo b.|Remainder after dividing two numbers.",
        "What is the remainder of {0} divided by {1}?|{0} mod {1}|{0} % {1}|What is {0} modulo {1}?",
        "number",
    ),
    concept(
        "gcd greatest_common_divisor",
        "int int",
        "",
        "The greatest common divisor of two integers.|Greatest common divisor.",
        "What is the greatest common divisor of {0} and {1}?|gcd of {0} and {1}|Find the gcd of {0} and {1}.",
        "number",
    ),
    concept(
        "maximum max larger max_of_two",
        "num num",
        "",
        "The larger of two numbers.|Return the maximum of two numbers.",
        "Which is larger, {0} or {1}?|What is the maximum of {0} and {1}?|Which number is bigger: {0} or {1}?",
        "number",
    ),
    concept(
        "average mean mean_of_two",
        "num num",
        "",
        "The average of two numbers.|Return the mean of two numbers.",
        "What is the average of {0} and {1}?|What is the mean of {0} and {1}?|Average {0} and {1}.",
        "number",
    ),
    concept(
        "square squared square_number",
        "num",
        "x|n|a|number|value",
        "Square a number.|The square of a number.|Multiply a number by itself.",
        "What is {0} squared?|Square {0}.|What is the square of {0}?|Compute the square of {0}.",
        "number",
    ),
    concept(
        "sqrt square_root root",
        "num",
        "x|n|a|number|value",
        "The square root of a number.|Return the square root.",
        "What is the square root of {0}?|Find the square root of {0}.|sqrt of {0}",
        "number",
    ),
    concept(
        "is_prime prime check_prime",
        "int",
        "n|x|number",
        "Whether a number is prime.|Check if a number is prime.",
        "Is {0} prime?|Is {0} a prime number?|Check whether {0} is prime.",
        "yes",
    ),
    concept(
        "double twice times_two",
        "num",
        "x|n|number",
        "Double a number.|Twice a number.",
        "Double {0}.|What is twice {0}?|What is double {0}?",
        "number",
    ),
)
