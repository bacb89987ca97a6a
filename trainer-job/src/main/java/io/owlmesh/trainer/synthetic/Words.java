// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.synthetic;

import java.util.List;
import java.util.random.RandomGenerator;

/** English words of two to five letters, as they stand on signs. */
final class Words {
  private static final List<String> ALL =
      List.of(
          ("OWL HAWK EAGLE CROW DUCK GOOSE SWAN WREN ROBIN FINCH DOVE GULL CAT DOG FOX WOLF BEAR"
                  + " DEER MOOSE HARE MOUSE RAT BAT SEAL WHALE SHARK FISH CRAB FROG TOAD SNAKE BEE"
                  + " WASP ANT FLY MOTH COW BULL HORSE MULE GOAT SHEEP LAMB PIG HEN ROSE TULIP DAISY"
                  + " FERN MOSS OAK ELM PINE BIRCH MAPLE LEAF ROOT SEED BARK APPLE PEAR PLUM PEACH"
                  + " GRAPE LEMON LIME MELON BERRY FIG BREAD CAKE PIE RICE CORN BEAN SOUP MILK TEA"
                  + " WATER JUICE SALT SUGAR HONEY EGG HAM RAIN SNOW WIND STORM CLOUD SUN MOON STAR"
                  + " SKY FOG ICE FIRE SMOKE HILL LAKE RIVER SEA BEACH SAND ROCK STONE CAVE ISLE ROAD"
                  + " PATH LANE GATE DOOR WALL ROOF HOUSE BARN SHED TENT TOWER CHAIR TABLE BED DESK"
                  + " LAMP CLOCK BOOK PEN INK PAPER CUP BOWL PLATE FORK KNIFE SPOON POT PAN BAG BOX"
                  + " HAT COAT SHOE SOCK GLOVE SCARF RING CAR BUS VAN TRAIN SHIP BOAT PLANE BIKE CART"
                  + " STOP EXIT OPEN SHUT PUSH PULL SLOW FAST LEFT RIGHT UP DOWN IN OUT HOT COLD WET"
                  + " DRY NEW OLD BIG TINY HAPPY SAD KIND BRAVE QUIET LOUD RED BLUE GREEN BLACK WHITE"
                  + " GOLD BROWN PINK KING QUEEN CHILD BABY FARM SHOP BANK ZOO PARK")
              .split(" "));

  private Words() {}

  static String any(RandomGenerator random) {
    while (true) {
      String word = ALL.get(random.nextInt(ALL.size()));
      if (word.length() <= 5) {
        return word;
      }
    }
  }
}
