public class Main {
  static int depth(String text) { return text.length(); }
  public static void main(String[] a) { System.out.println("started"); System.out.println(depth(a.length == 0 ? null : a[0]) + " finished"); }
}
